"""Who acts: buyers, parcels and scripted desks, and the driver that moves time. Only here: simpy, faker, luck."""
