"""Lists with their filters, kept under a name, for oneself or for one's organisation."""
