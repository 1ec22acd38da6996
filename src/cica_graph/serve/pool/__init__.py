"""Query workers: processes, their scheduling, and the messages to and from them."""
