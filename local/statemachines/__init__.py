"""State machines: an engine for Amazon States Language in JSONata, and its Step Functions API."""
