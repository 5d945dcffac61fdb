"""The pages: of a firm, of claims, of policies, of a place's own documents."""
