"""How each trigger meets a use case: HTTP, queue, state machine, schedule."""
