((p."country" COLLATE "C") < ('Z' COLLATE "C"))
((p."city" COLLATE "C") BETWEEN ('A' COLLATE "C") AND (p."country" COLLATE "C"))
