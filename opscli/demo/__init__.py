"""Sample data: real purchases of The Complete Journey, and made-up people, visits, tickets and deals around them."""
