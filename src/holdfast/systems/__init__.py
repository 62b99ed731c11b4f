"""The businesses; none knows another."""
