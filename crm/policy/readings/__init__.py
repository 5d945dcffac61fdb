"""How figures are read: one firm exactly, a whole park by columns."""
