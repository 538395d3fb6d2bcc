"""The SQS twin: standard queues that survive the process, in process and by the AWS protocol."""
