"""What people call: operations, connectors, webhooks."""
