"""What builds, starts and checks the product on a developer's machine; nothing here is shipped."""
