"""Business time as pure functions: business days, opening hours, holidays. Instants are naive UTC, days are local."""
