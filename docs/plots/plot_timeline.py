"""When jobs were created and completed."""

import pandas as pd

import nclue_pandas as nclue

jobs = pd.DataFrame(
    {
        "kind": ["Feature", "Task", "Task", "Run"],
        "name": ["shop-2026-05", "tea-30d", "coffee-30d", "tea-30d"],
        "status": ["completed", "completed", "failed", "in_progress"],
        "created_at": pd.to_datetime(
            ["2026-05-25 09:00", "2026-05-25 09:42", "2026-05-25 09:43", "2026-05-25 10:31"],
            utc=True,
        ),
        "completed_at": pd.to_datetime(
            ["2026-05-25 09:41", "2026-05-25 10:30", "2026-05-25 10:02", None], utc=True
        ),
    }
)
nclue.plot_timeline(jobs, now=pd.Timestamp("2026-05-25 10:50", tz="UTC"))
