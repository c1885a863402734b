"""Tests that speak HTTP to a real server."""
