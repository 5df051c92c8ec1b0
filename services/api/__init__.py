"""The HTTP API: routes, what they accept and answer, and the rules every request passes."""
