"""The forecast: the present lived on many times, each time by luck that tells nothing of what will really happen.

What the cast has done by now stays, also where nobody saw it: somebody meant to ask, and the parcel was there. What it
has not done is drawn from all luck by which it would not have been done by now. Some things are taken as they are now,
though they may have been otherwise when it began to matter: how a buyer was treated, for who thinks of the bank; the
numbers of a policy; whether acceptance was announced this morning. Orders older than `LIVE_DAYS` stay as they are.
"""
