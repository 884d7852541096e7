-- An SQLite store as version 2 of the schema left it. Never changed: tests bring it up to date.
PRAGMA application_id = 1131770992;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE decisions (
        id INTEGER PRIMARY KEY, at_us BIGINT NOT NULL, device TEXT NOT NULL, model TEXT NOT NULL, epoch BIGINT NOT NULL,
        cut INTEGER NOT NULL, codec TEXT NOT NULL, deadline_ms INTEGER NOT NULL, reason TEXT NOT NULL,
        exploration SMALLINT NOT NULL, expected_us DOUBLE PRECISION NOT NULL, UNIQUE (device, epoch));
INSERT INTO "decisions" VALUES(1,1764331209000000,'cam-1','0badcafe',9,17,'raw',120,'the least expected time',0,41250.5);
CREATE TABLE devices (
        device TEXT PRIMARY KEY, model TEXT, boot BIGINT NOT NULL, sequence BIGINT NOT NULL, epoch BIGINT NOT NULL,
        cut INTEGER, codec TEXT, deadline_ms INTEGER, state TEXT NOT NULL,
        counters TEXT NOT NULL, first_seen_us BIGINT NOT NULL, last_seen_us BIGINT NOT NULL, owner TEXT);
INSERT INTO "devices" VALUES('cam-1','0badcafe',3,71,9,17,'raw',120,'{"link":[1.5,2.5]}','{"answered_ok":70,"too_late":1}',1764331200000000,1764331260000000,'edge-a');
CREATE TABLE inferences (
        id INTEGER PRIMARY KEY, at_us BIGINT NOT NULL, device TEXT NOT NULL, model TEXT NOT NULL, boot BIGINT NOT NULL,
        sequence BIGINT NOT NULL, cut INTEGER NOT NULL, codec TEXT NOT NULL, status TEXT NOT NULL,
        acknowledged SMALLINT NOT NULL, inbox_us BIGINT, decode_us BIGINT, queue_us BIGINT, compute_us BIGINT,
        reply_us BIGINT, edge_us BIGINT NOT NULL, batch INTEGER NOT NULL, bytes_up BIGINT NOT NULL,
        bytes_down BIGINT NOT NULL, epoch BIGINT NOT NULL, answer TEXT, UNIQUE (device, boot, sequence));
INSERT INTO "inferences" VALUES(1,1764331201000000,'cam-1','0badcafe',3,1,17,'raw','ok',0,20,35,900,1500,60,2515,4,2400,96,9,'{"objects":1,"first":[[3,0.98,12,40]]}');
CREATE TABLE models (model TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE runs (
        run TEXT PRIMARY KEY, started_us BIGINT NOT NULL, saved_us BIGINT NOT NULL, counters TEXT NOT NULL);
CREATE INDEX devices_last_seen ON devices (last_seen_us);
COMMIT;
