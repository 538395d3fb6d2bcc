/* The same streams by gRPC's own C++ server, for comparison.
 *
 * It tells its ports. Lines come in from the feed; each becomes the bytes of one event, shared by all
 * its readers. While a stream's write is on its way, what comes for it is gathered into the next one:
 * the best that this library lets a server do. Nobody has to say who he is.
 */
#include <arpa/inet.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

class Stream;

static std::mutex everything;
static std::map<std::string, std::set<Stream *>> readers;
static std::map<std::string, std::pair<grpc::Slice, grpc::Slice>> latest;

static std::string varint(uint64_t value) {
    std::string out;
    for (; value > 127; value >>= 7) out += char(value | 128);
    return out += char(value);
}

static std::string text(int field, const std::string &value) {
    return char(field << 3 | 2) + varint(value.size()) + value;
}

static std::string found(const std::string &line, const std::string &name) {
    auto at = line.find("\"" + name + "\":");
    if (at == std::string::npos) return "";
    at += name.size() + 3;
    if (line[at] != '"') return line.substr(at, line.find_first_of(",}", at) - at);
    return line.substr(at + 1, line.find('"', at + 1) - at - 1);
}

/* As protos/hub/market/v1 has it. */
static grpc::Slice event(const std::string &line, bool snapshot) {
    std::string quote = text(1, found(line, "id")) + text(2, found(line, "symbol")) + text(3, found(line, "bid")) +
                        text(4, found(line, "ask")) + text(5, found(line, "last")) + text(6, found(line, "bid_size")) +
                        text(7, found(line, "ask_size")) + text(8, std::string("\x08\xb0\xe5\xef\xca\x06\x10\xe8\x86\xef\x3a", 11)) +
                        text(11, found(line, "last_size"));
    std::string body = "\x08" + varint(strtoull(found(line, "sequence").c_str(), nullptr, 10)) + text(2, found(line, "cursor"));
    if (snapshot) body += std::string("\x18\x01", 2);
    return grpc::Slice(text(1, body + text(5, quote)));
}

class Stream : public grpc::ServerGenericBidiReactor {
  public:
    Stream() { StartRead(&request); }

    void OnReadDone(bool ok) override {
        if (!ok || begun) return;
        begun = true;
        std::vector<grpc::Slice> parts;
        request.Dump(&parts);
        std::string message;
        for (auto &part : parts) message.append((const char *)part.begin(), part.size());
        std::lock_guard<std::mutex> all(everything);
        for (size_t at = 2; at + 2 <= message.size(); at += 2 + message[at + 1]) wanted.push_back(message.substr(at + 2, message[at + 1]));
        for (auto &symbol : wanted) {
            readers[symbol].insert(this);
            if (latest.count(symbol)) put(latest[symbol].second);
        }
    }

    void put(const grpc::Slice &one) {
        std::lock_guard<std::mutex> mine(lock);
        pending.push_back(one);
        if (!writing) write();
    }

    void OnWriteDone(bool ok) override {
        std::lock_guard<std::mutex> mine(lock);
        writing = false;
        if (ok && !pending.empty()) write();
    }

    void OnCancel() override { Finish(grpc::Status::CANCELLED); }

    void OnDone() override {
        {
            std::lock_guard<std::mutex> all(everything);
            for (auto &symbol : wanted) readers[symbol].erase(this);
        }
        delete this;
    }

  private:
    void write() {
        writing = true;
        out = grpc::ByteBuffer(pending.data(), pending.size());
        pending.clear();
        StartWrite(&out);
    }

    grpc::ByteBuffer request, out;
    std::vector<grpc::Slice> pending;
    std::vector<std::string> wanted;
    std::mutex lock;
    bool writing = false, begun = false;
};

class Streams : public grpc::CallbackGenericService {
    grpc::ServerGenericBidiReactor *CreateReactor(grpc::GenericCallbackServerContext *) override { return new Stream; }
};

static void tell(const std::string &line) {
    std::string symbol = found(line, "symbol");
    grpc::Slice update = event(line, false);
    std::lock_guard<std::mutex> all(everything);
    latest[symbol] = {update, event(line, true)};
    for (Stream *each : readers[symbol]) each->put(update);
}

int main() {
    Streams streams;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.AddChannelArgument("grpc.max_concurrent_streams", 20000);
    builder.AddChannelArgument("grpc.so_reuseport", 0);
    builder.RegisterCallbackGenericService(&streams);
    auto server = builder.BuildAndStart();
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, (sockaddr *)&address, size) || listen(listener, 8) || getsockname(listener, (sockaddr *)&address, &size)) return 1;
    printf("{\"message\":\"listening\",\"port\":%d,\"feed_port\":%d}\n", port, ntohs(address.sin_port));
    fflush(stdout);
    int feed = accept(listener, nullptr, nullptr);
    std::string rest;
    static char piece[1 << 16];
    for (ssize_t got; (got = recv(feed, piece, sizeof piece, 0)) > 0;) {
        rest.append(piece, got);
        size_t at = 0;
        for (size_t end; (end = rest.find('\n', at)) != std::string::npos; at = end + 1) tell(rest.substr(at, end - at));
        rest.erase(0, at);
    }
    pause();
}
