"""Journeys and page checks in a real Chromium, on the demonstration park served by its own command."""
