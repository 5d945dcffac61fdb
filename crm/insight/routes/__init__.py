"""The manager's pages, one file for each meaning."""
