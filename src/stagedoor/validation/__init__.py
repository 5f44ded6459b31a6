"""Real-person checks: from a session (⑪) by way of the actor's phone to a group (⑫)."""
