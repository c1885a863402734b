"""Notifications: who is told of which facts, where they may be sent, and how they get there."""
