"""The words for what happened, in the languages that customers choose from."""

from collections.abc import Mapping
from typing import NamedTuple

from hub.domain.notifications.preferences import Language, Topic

# The kinds of events that customers are told of, and what each is about.
TOPICS = {
    "OrderExecuted": Topic.ORDER_EXECUTED,
    "OrderPartiallyExecuted": Topic.ORDER_PARTLY_EXECUTED,
    "OrderFailed": Topic.ORDER_FAILED,
    "OrderExpired": Topic.ORDER_FAILED,
    "OrderHandedToOperator": Topic.ORDER_ATTENTION,
}

# What has happened to the safety of an account: told at once, whatever was chosen.
GUARDS = (
    "NewDevice",
    "PasswordChanged",
    "SecondFactorAdded",
    "SecondFactorRemoved",
    "ApiKeyCreated",
    "SessionsEnded",
)


class Words(NamedTuple):
    """`headlines` are by kind of event, and side where it is an order's; `notes` by kind."""

    headlines: Mapping[str, str]
    notes: Mapping[str, str]
    labels: Mapping[str, str]
    reasons: Mapping[str, str]
    bundle: str
    more: str
    greeting: str
    chosen: str
    always: str


_WAS_IT_YOU = (
    "If it was not you: change your password, end the other sessions, and revoke keys that you do"
    " not know."
)
_FOI_VOCE = (
    "Se não foi você: troque a senha, encerre as outras sessões e revogue as chaves que não"
    " reconhece."
)

_ENGLISH = Words(
    headlines={
        "OrderExecuted.buy": "Bought {filled} {symbol} at {average}",
        "OrderExecuted.sell": "Sold {filled} {symbol} at {average}",
        "OrderPartiallyExecuted.buy": "Bought {quantity} of {ordered} {symbol} at {price}",
        "OrderPartiallyExecuted.sell": "Sold {quantity} of {ordered} {symbol} at {price}",
        "OrderFailed.buy": "Your order to buy {ordered} {symbol} failed",
        "OrderFailed.sell": "Your order to sell {ordered} {symbol} failed",
        "OrderExpired.buy": "Your order to buy {ordered} {symbol} has expired",
        "OrderExpired.sell": "Your order to sell {ordered} {symbol} has expired",
        "OrderHandedToOperator.buy": "Your order to buy {ordered} {symbol} needs our attention",
        "OrderHandedToOperator.sell": "Your order to sell {ordered} {symbol} needs our attention",
        "NewDevice": "A log-in from a device that was not seen before",
        "PasswordChanged": "Your password was changed",
        "SecondFactorAdded": "A second factor was added",
        "SecondFactorRemoved": "The second factor was removed",
        "ApiKeyCreated": "An API key was made",
        "SessionsEnded": "Sessions of yours were ended",
    },
    notes={
        "OrderFailed": "Nothing was traded, and what the order had reserved is free again.",
        "OrderExpired": "What the order still had reserved is free again.",
        "OrderHandedToOperator": (
            "It could not be processed so far. A person looks at it now; you need not do anything."
        ),
        **dict.fromkeys(GUARDS, _WAS_IT_YOU),
        "NewDevice": f"From where it came stands among your sessions. {_WAS_IT_YOU}",
    },
    labels={
        "filled": "Quantity",
        "quantity": "Quantity",
        "ordered": "Ordered",
        "average": "Average price",
        "price": "Price",
        "value": "Value",
        "fees": "Fees",
        "reason": "Reason",
        "at": "Time",
        "order_id": "Order",
    },
    reasons={},
    bundle="{count} notifications from Hub",
    more="and {count} more",
    greeting="Hello,",
    chosen="You asked to be told of this. What you are told, and when, is yours to choose.",
    always="You are told of this in any case: it is about the safety of your account.",
)

_PORTUGUESE = Words(
    headlines={
        "OrderExecuted.buy": "Compra executada: {filled} {symbol} a {average}",
        "OrderExecuted.sell": "Venda executada: {filled} {symbol} a {average}",
        "OrderPartiallyExecuted.buy": "Compra parcial: {quantity} de {ordered} {symbol} a {price}",
        "OrderPartiallyExecuted.sell": "Venda parcial: {quantity} de {ordered} {symbol} a {price}",
        "OrderFailed.buy": "Sua ordem de compra de {ordered} {symbol} falhou",
        "OrderFailed.sell": "Sua ordem de venda de {ordered} {symbol} falhou",
        "OrderExpired.buy": "Sua ordem de compra de {ordered} {symbol} expirou",
        "OrderExpired.sell": "Sua ordem de venda de {ordered} {symbol} expirou",
        "OrderHandedToOperator.buy": (
            "Sua ordem de compra de {ordered} {symbol} precisa da nossa atenção"
        ),
        "OrderHandedToOperator.sell": (
            "Sua ordem de venda de {ordered} {symbol} precisa da nossa atenção"
        ),
        "NewDevice": "Novo acesso de um dispositivo desconhecido",
        "PasswordChanged": "Sua senha foi alterada",
        "SecondFactorAdded": "Um segundo fator foi adicionado",
        "SecondFactorRemoved": "O segundo fator foi removido",
        "ApiKeyCreated": "Uma chave de API foi criada",
        "SessionsEnded": "Suas sessões foram encerradas",
    },
    notes={
        "OrderFailed": "Nada foi negociado, e o que a ordem reservava está livre de novo.",
        "OrderExpired": "O que a ordem ainda reservava está livre de novo.",
        "OrderHandedToOperator": (
            "Ela não pôde ser processada até agora. Uma pessoa está cuidando disso;"
            " você não precisa fazer nada."
        ),
        **dict.fromkeys(GUARDS, _FOI_VOCE),
        "NewDevice": f"De onde ele veio está entre as suas sessões. {_FOI_VOCE}",
    },
    labels={
        "filled": "Quantidade",
        "quantity": "Quantidade",
        "ordered": "Pedido",
        "average": "Preço médio",
        "price": "Preço",
        "value": "Valor",
        "fees": "Taxas",
        "reason": "Motivo",
        "at": "Horário",
        "order_id": "Ordem",
    },
    reasons={
        "insufficient_buying_power": "o saldo disponível não é suficiente",
        "insufficient_holdings": "a posição não é suficiente",
        "price_out_of_tolerance": "o preço está longe demais do mercado",
        "market_closed": "o mercado está fechado",
        "no_market_data": "não há cotação",
        "post_only": "a ordem teria sido executada imediatamente",
    },
    bundle="{count} avisos da Hub",
    more="e mais {count}",
    greeting="Olá,",
    chosen="Você pediu para ser avisado disto. O que avisamos, e quando, é você quem escolhe.",
    always="Avisamos disto em qualquer caso: trata-se da segurança da sua conta.",
)

WORDS: Mapping[Language, Words] = {
    Language.ENGLISH: _ENGLISH,
    Language.PORTUGUESE: _PORTUGUESE,
}
