"""What the pages and the imports cost on a hundred thousand firms: `make bench`."""
