"""The payment provider in the box: it behaves like Stripe or like Razorpay, keeps its own books, and moves no money.

A sandbox is no mock. It is asked through the same port as a real provider, keeps what it is told in tables that nothing
else reads, honours keys, and when something happens it posts a message of the real provider's shape, signed with the
real scheme, to our own address for webhooks.
"""
