"""Commands that train what a model bundle holds; nothing of the product imports them."""
