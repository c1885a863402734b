"""Who acts: buyers, parcels and scripted desks, and the driver that moves time. The only room with simpy, faker and luck."""
