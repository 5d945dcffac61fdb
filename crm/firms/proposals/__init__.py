"""What a firm asks to change in its own record, decided field by field."""
