-- Sums of each hour by the dimensions pages use most. Made again whole from calls whenever an hour changed; the highest
-- `gen` wins. A combination that vanished from its hour stays as a row of nothing. `key` is a hash of the dimensions: it
-- keeps the sorting key short. NULL means that no call knew the value.
-- shard by cityHash64(project_id, start)
CREATE TABLE IF NOT EXISTS {db}.calls_hourly (
    project_id                  UInt32,
    start                       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    key                         UInt128,
    provider                    LowCardinality(String),
    vendor                      LowCardinality(String),
    model                       LowCardinality(String),
    operation                   LowCardinality(String),
    status                      LowCardinality(String),
    error_type                  LowCardinality(String),
    environment                 LowCardinality(String),
    task                        LowCardinality(String),
    feature                     LowCardinality(String),
    prompt_name                 LowCardinality(String),
    prompt_version              LowCardinality(String),
    route_name                  LowCardinality(String),
    route_branch                LowCardinality(String),
    experiment_key              LowCardinality(String),
    experiment_arm              LowCardinality(String),
    stage                       LowCardinality(String),
    fallback_reason             LowCardinality(String),
    calls                       UInt64 CODEC(T64, ZSTD(1)),
    errors                      UInt64 CODEC(T64, ZSTD(1)),
    known_calls                 UInt64 CODEC(T64, ZSTD(1)),
    unbounded_calls             UInt64 CODEC(T64, ZSTD(1)),
    n_provider_reported         UInt64 CODEC(T64, ZSTD(1)),
    n_priced_exact              UInt64 CODEC(T64, ZSTD(1)),
    n_priced_estimated_usage    UInt64 CODEC(T64, ZSTD(1)),
    n_unpriced_model            UInt64 CODEC(T64, ZSTD(1)),
    n_unpriced_dimension        UInt64 CODEC(T64, ZSTD(1)),
    n_usage_unknown             UInt64 CODEC(T64, ZSTD(1)),
    n_free                      UInt64 CODEC(T64, ZSTD(1)),
    cost                        Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_floor                  Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_ceiling                Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_provider_reported      Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_priced_exact           Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_priced_estimated_usage Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    input_uncached              Nullable(UInt64) CODEC(T64, ZSTD(1)),
    cache_read                  Nullable(UInt64) CODEC(T64, ZSTD(1)),
    cache_write_5m              Nullable(UInt64) CODEC(T64, ZSTD(1)),
    cache_write_1h              Nullable(UInt64) CODEC(T64, ZSTD(1)),
    audio_in                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    image_in                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    output_text                 Nullable(UInt64) CODEC(T64, ZSTD(1)),
    reasoning                   Nullable(UInt64) CODEC(T64, ZSTD(1)),
    audio_out                   Nullable(UInt64) CODEC(T64, ZSTD(1)),
    image_out                   Nullable(UInt64) CODEC(T64, ZSTD(1)),
    requests                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    web_search                  Nullable(UInt64) CODEC(T64, ZSTD(1)),
    latency_n                   UInt64 CODEC(T64, ZSTD(1)),
    latency_us                  Nullable(UInt64) CODEC(T64, ZSTD(1)),
    ttft_n                      UInt64 CODEC(T64, ZSTD(1)),
    ttft_us                     Nullable(UInt64) CODEC(T64, ZSTD(1)),
    timed_tokens                Nullable(UInt64) CODEC(T64, ZSTD(1)),
    timed_us                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    gen                         UInt64
)
ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(start)
ORDER BY (project_id, start, key)
SETTINGS old_parts_lifetime = 60;

-- The same for each day of the project's time zone; `start` is the day's first moment.
-- shard by cityHash64(project_id, start)
CREATE TABLE IF NOT EXISTS {db}.calls_daily (
    project_id                  UInt32,
    zone                        LowCardinality(String),
    start                       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    key                         UInt128,
    provider                    LowCardinality(String),
    vendor                      LowCardinality(String),
    model                       LowCardinality(String),
    operation                   LowCardinality(String),
    status                      LowCardinality(String),
    error_type                  LowCardinality(String),
    environment                 LowCardinality(String),
    task                        LowCardinality(String),
    feature                     LowCardinality(String),
    prompt_name                 LowCardinality(String),
    prompt_version              LowCardinality(String),
    route_name                  LowCardinality(String),
    route_branch                LowCardinality(String),
    experiment_key              LowCardinality(String),
    experiment_arm              LowCardinality(String),
    stage                       LowCardinality(String),
    fallback_reason             LowCardinality(String),
    calls                       UInt64 CODEC(T64, ZSTD(1)),
    errors                      UInt64 CODEC(T64, ZSTD(1)),
    known_calls                 UInt64 CODEC(T64, ZSTD(1)),
    unbounded_calls             UInt64 CODEC(T64, ZSTD(1)),
    n_provider_reported         UInt64 CODEC(T64, ZSTD(1)),
    n_priced_exact              UInt64 CODEC(T64, ZSTD(1)),
    n_priced_estimated_usage    UInt64 CODEC(T64, ZSTD(1)),
    n_unpriced_model            UInt64 CODEC(T64, ZSTD(1)),
    n_unpriced_dimension        UInt64 CODEC(T64, ZSTD(1)),
    n_usage_unknown             UInt64 CODEC(T64, ZSTD(1)),
    n_free                      UInt64 CODEC(T64, ZSTD(1)),
    cost                        Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_floor                  Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_ceiling                Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_provider_reported      Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_priced_exact           Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    cost_priced_estimated_usage Nullable(Decimal(38, 18)) CODEC(ZSTD(1)),
    input_uncached              Nullable(UInt64) CODEC(T64, ZSTD(1)),
    cache_read                  Nullable(UInt64) CODEC(T64, ZSTD(1)),
    cache_write_5m              Nullable(UInt64) CODEC(T64, ZSTD(1)),
    cache_write_1h              Nullable(UInt64) CODEC(T64, ZSTD(1)),
    audio_in                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    image_in                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    output_text                 Nullable(UInt64) CODEC(T64, ZSTD(1)),
    reasoning                   Nullable(UInt64) CODEC(T64, ZSTD(1)),
    audio_out                   Nullable(UInt64) CODEC(T64, ZSTD(1)),
    image_out                   Nullable(UInt64) CODEC(T64, ZSTD(1)),
    requests                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    web_search                  Nullable(UInt64) CODEC(T64, ZSTD(1)),
    latency_n                   UInt64 CODEC(T64, ZSTD(1)),
    latency_us                  Nullable(UInt64) CODEC(T64, ZSTD(1)),
    ttft_n                      UInt64 CODEC(T64, ZSTD(1)),
    ttft_us                     Nullable(UInt64) CODEC(T64, ZSTD(1)),
    timed_tokens                Nullable(UInt64) CODEC(T64, ZSTD(1)),
    timed_us                    Nullable(UInt64) CODEC(T64, ZSTD(1)),
    gen                         UInt64
)
ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(start)
ORDER BY (project_id, zone, start, key)
SETTINGS old_parts_lifetime = 60;

-- Latency and time to first token of each hour: the times in microseconds while there are fewer than 1,000, else numbers of
-- buckets (64 an octave from 1 ms) with their counts. Apart from the sums, so that sums never read arrays. `level` 0 has all
-- dimensions below, 1 those of the place, 2 those of the model, 3 none: most questions read few rows.
-- shard by cityHash64(project_id, start)
CREATE TABLE IF NOT EXISTS {db}.times_hourly (
    project_id  UInt32,
    kind        LowCardinality(String),
    level       UInt8,
    start       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    key         UInt128,
    provider    LowCardinality(String),
    vendor      LowCardinality(String),
    model       LowCardinality(String),
    operation   LowCardinality(String),
    environment LowCardinality(String),
    task        LowCardinality(String),
    feature     LowCardinality(String),
    n           UInt64 CODEC(T64, ZSTD(1)),
    times       Array(UInt32) CODEC(Delta, ZSTD(1)),
    buckets     Array(Tuple(UInt16, UInt64)) CODEC(ZSTD(1)),
    gen         UInt64
)
ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(start)
ORDER BY (project_id, kind, level, start, key)
SETTINGS index_granularity = 256, old_parts_lifetime = 60;

-- The same for each day of the project's time zone.
-- shard by cityHash64(project_id, start)
CREATE TABLE IF NOT EXISTS {db}.times_daily (
    project_id  UInt32,
    zone        LowCardinality(String),
    kind        LowCardinality(String),
    level       UInt8,
    start       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    key         UInt128,
    provider    LowCardinality(String),
    vendor      LowCardinality(String),
    model       LowCardinality(String),
    operation   LowCardinality(String),
    environment LowCardinality(String),
    task        LowCardinality(String),
    feature     LowCardinality(String),
    n           UInt64 CODEC(T64, ZSTD(1)),
    times       Array(UInt32) CODEC(Delta, ZSTD(1)),
    buckets     Array(Tuple(UInt16, UInt64)) CODEC(ZSTD(1)),
    gen         UInt64
)
ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(start)
ORDER BY (project_id, zone, kind, level, start, key)
SETTINGS index_granularity = 256, old_parts_lifetime = 60;

-- Hours to make again although no call came in: after a deletion, a re-costing, a policy that ended.
-- shard by cityHash64(project_id, hour)
CREATE TABLE IF NOT EXISTS {db}.dirty_hours (
    project_id UInt32,
    hour       DateTime('UTC'),
    marked_at  DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree()
ORDER BY (project_id, marked_at, hour)
TTL toDateTime(marked_at) + INTERVAL 30 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
