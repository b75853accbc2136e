-- One row per call and version. The highest version wins (read through calls_live); a tombstone frees a moved start time.
-- Parts stay compact (one file) up to 128 MiB: a group of 5,000 rows as 200 files cost twice the CPU.
-- NULL and '' mean "the sender did not tell", which is never the same as 0.
CREATE TABLE IF NOT EXISTS {db}.calls (
    project_id        UInt32,
    ts                DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    call_id           UUID,
    version           UInt128,
    is_deleted        UInt8,
    keep_days         UInt16,
    fold              String,
    trace_id          String,
    span_id           String,
    parent_span_id    String,
    response_id       String,
    operation         LowCardinality(String),
    provider          LowCardinality(String),
    provider_raw      LowCardinality(String),
    vendor            LowCardinality(String),
    requested_model   LowCardinality(String),
    model             LowCardinality(String),
    billed_model      LowCardinality(String),
    region            LowCardinality(String),
    tier              LowCardinality(String),
    processing        LowCardinality(String),
    status            LowCardinality(String),
    error_type        LowCardinality(String),
    finish_reason     LowCardinality(String),
    environment       LowCardinality(String),
    task              LowCardinality(String),
    feature           LowCardinality(String),
    prompt_name       LowCardinality(String),
    prompt_version    LowCardinality(String),
    route_name        LowCardinality(String),
    route_version     LowCardinality(String),
    route_type        LowCardinality(String),
    route_branch      LowCardinality(String),
    role              LowCardinality(String),
    stage             LowCardinality(String),
    fallback_reason   LowCardinality(String),
    experiment_key    LowCardinality(String),
    experiment_arm    LowCardinality(String),
    agent             LowCardinality(String),
    team              LowCardinality(String),
    key_id            LowCardinality(String),
    credential        LowCardinality(String),
    sender_name       LowCardinality(String),
    sender_version    LowCardinality(String),
    dialect           LowCardinality(String),
    system_fingerprint LowCardinality(String),
    schema_id         LowCardinality(String),
    usage_convention  LowCardinality(String),
    user_id           String,
    customer_id       String,
    session_id        String,
    group_id          String,
    outcome_id        String,
    latency_ms        Nullable(Float64),
    ttft_ms           Nullable(Float64),
    streaming         Nullable(Bool),
    http_status       Nullable(UInt16),
    attempt           Nullable(UInt16),
    experiment_phase  Nullable(UInt16),
    route_propensity  Nullable(Float64),
    route_overhead_ms Nullable(Float64),
    cache_hit         Nullable(Bool),
    cache_saved_usd   Nullable(Decimal(38, 18)),
    schema_ok         Nullable(Bool),
    provider_cost_usd Nullable(Decimal(38, 18)),
    error_message     String,
    route_reason      String,
    checks            String,
    request_params    String,
    usage_raw         String,
    tags              Map(LowCardinality(String), String),
    extra             Map(LowCardinality(String), String),
    input_uncached    Nullable(UInt32),
    cache_read        Nullable(UInt32),
    cache_write_5m    Nullable(UInt32),
    cache_write_1h    Nullable(UInt32),
    audio_in          Nullable(UInt32),
    image_in          Nullable(UInt32),
    output_text       Nullable(UInt32),
    reasoning         Nullable(UInt32),
    audio_out         Nullable(UInt32),
    image_out         Nullable(UInt32),
    requests          Nullable(UInt32),
    web_search        Nullable(UInt32),
    usage_flag        LowCardinality(String),
    cost_status       LowCardinality(String),
    cost_booked       Nullable(Decimal(38, 18)),
    cost_current      Nullable(Decimal(38, 18)),
    cost_floor        Nullable(Decimal(38, 18)),
    cost_ceiling      Nullable(Decimal(38, 18)),
    book_booked       UInt32,
    book_current      UInt32,
    price_id          UInt32,
    ingested_at       DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'stamped by the store, never by a sender',
    INDEX ix_ingested ingested_at TYPE minmax GRANULARITY 1,
    INDEX ix_call call_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_user user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_tag_keys mapKeys(tags) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_tag_values mapValues(tags) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_cost cost_current TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY (keep_days, toYYYYMM(ts))
ORDER BY (project_id, ts, call_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000,
         old_parts_lifetime = 60, min_bytes_for_wide_part = 134217728;

-- Merged eight at a time: recompressing texts at every small merge cost as much as storing them.
-- Texts of a call, kept apart so that figures never read them and so that they can expire sooner.
CREATE TABLE IF NOT EXISTS {db}.bodies (
    project_id        UInt32,
    ts                DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    call_id           UUID,
    version           UInt128,
    is_deleted        UInt8,
    keep_days         UInt16,
    input             String CODEC(ZSTD(1)),
    output            String CODEC(ZSTD(1)),
    tool_calls        String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY (keep_days, toMonday(ts))
ORDER BY (project_id, ts, call_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000,
         old_parts_lifetime = 60, min_bytes_for_wide_part = 1073741824, min_parts_to_merge_at_once = 8;

-- Agents, tools, retrievers, HTTP: everything of a trace that is not a call. Shown on the trace page, never priced.
-- shard by cityHash64(trace_id)
CREATE TABLE IF NOT EXISTS {db}.spans (
    project_id        UInt32,
    ts                DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id          String,
    span_id           String,
    parent_span_id    String,
    version           UInt128,
    is_deleted        UInt8,
    keep_days         UInt16,
    name              String,
    kind              LowCardinality(String),
    status            LowCardinality(String),
    status_message    String,
    duration_ms       Nullable(Float64),
    sender_name       LowCardinality(String),
    attributes        Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ingested_at       DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY (keep_days, toYYYYMM(ts))
ORDER BY (project_id, ts, trace_id, span_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000,
         old_parts_lifetime = 60, min_bytes_for_wide_part = 134217728;

-- Identity is decided at read: every read of events goes through these views, bounded by project_id and ts.
CREATE VIEW IF NOT EXISTS {db}.calls_live AS SELECT * FROM {db}.calls FINAL;

CREATE VIEW IF NOT EXISTS {db}.bodies_live AS SELECT * FROM {db}.bodies FINAL;

CREATE VIEW IF NOT EXISTS {db}.spans_live AS SELECT * FROM {db}.spans FINAL;
