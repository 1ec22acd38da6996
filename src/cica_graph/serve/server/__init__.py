"""The processes of the server, from the supervisor down."""
