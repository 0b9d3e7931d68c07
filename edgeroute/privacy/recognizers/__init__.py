"""What finds personal data: one module for each kind, all of them pure functions of a page."""
