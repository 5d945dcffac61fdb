"""What firms are going to lose unless somebody acts, found every hour, the gravest first."""
