// A search that would take years.
local digits = std.range(0, 999);
[[a, b, c, d] for a in digits for b in digits for c in digits for d in digits if a + b + c + d < 0]
