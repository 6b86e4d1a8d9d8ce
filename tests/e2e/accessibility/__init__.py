"""What WCAG 2.2 AA asks of the pages, driven in Chromium on the running product."""
