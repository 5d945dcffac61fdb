"""The demonstration: a made-up city, built with the verbs that the pages use, and served at a loopback address."""
