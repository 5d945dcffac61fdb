"""What an edition says of facts: verdict, score, gaps and arithmetic, for a firm and for a park."""
