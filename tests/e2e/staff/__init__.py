"""Staff in the admin with a browser, while a shopper's page is open in another."""
