// A session whose frames are sealed on their way: the same frames, in its own buffer, and only sealed ones heard.
#include "sealed_frames.h"
#include "session_bench.h"

using namespace cutpoint;
using namespace vectors;

namespace {

struct Outbox final : public Transport {
  bool publish(Leaf leaf, Bytes payload, uint8_t qos, bool retain) override {
    leaves.push_back(leaf);
    payloads.emplace_back(payload.begin(), payload.end());
    last_qos = qos;
    last_retain = retain;
    return taken;
  }
  std::vector<Leaf> leaves;
  std::vector<Buffer> payloads;
  uint8_t last_qos = 9;
  bool last_retain = false;
  bool taken = true;
};

}  // namespace

TEST(a_sealed_transport_seals_frames_and_leaves_texts_alone) {
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, kLife, UINT32_MAX - 2);
  Outbox sent;
  const Buffer plain = plain_frame(50);
  Buffer chunk = plain;
  chunk.resize(plain.size() + kSealBytes);
  SealedTransport transport(sent, sealer, writable(chunk));
  const Buffer text = {'{', '}'};
  CHECK(transport.publish(Leaf::kState, bytes(text), 1, true));
  CHECK(sent.payloads[0] == text && sent.last_qos == 1 && sent.last_retain);
  CHECK(transport.publish(Leaf::kAbout, bytes(text), 1, true));
  CHECK(transport.publish(Leaf::kActivation, Bytes(chunk.data(), plain.size()), 0, false));
  FrameOpener opener(cipher, Role::kEdge);
  CHECK_EQ(outcome_of(opener, sent.payloads[2]), hex_of(bytes(plain)));
  sent.taken = false;
  CHECK(!transport.publish(Leaf::kTelemetry, bytes(plain), 0, false));
  CHECK_EQ(transport.sealing(), Status::kOk);
  CHECK(!transport.publish(Leaf::kActivation, bytes(plain), 0, false));
  CHECK_EQ(transport.sealing(), Status::kExhausted);
  CHECK_EQ(sent.payloads.size(), 4u);
}

namespace {

// What a session publishes of one inference, through a transport; its frames are sealed in the session's own buffer.
std::vector<Buffer> published(SessionBench& bench, Transport& transport, Outbox& sent) {
  SessionBench::online(bench);
  bench.input();
  bench.poll_all();
  CHECK_EQ(bench.ran(0, 2, true, 1000), Status::kOk);
  Action action;
  while (bench.session.poll(action)) {
    if (action.kind == ActionKind::kPublish) {
      const Publish& publish = action.publish;
      CHECK(transport.publish(publish.leaf, publish.payload, publish.qos, publish.retain));
    }
  }
  return sent.payloads;
}

SessionConfig small_chunks(size_t chunk_bytes) {
  SessionConfig config = config_of(4, 4, 2);
  config.chunk_bytes = chunk_bytes;
  config.timings = false;  // they are the same twice only without a clock
  return config;
}

}  // namespace

TEST(a_session_over_a_sealed_transport_sends_what_it_sends_without) {
  constexpr size_t kLargest = 256;
  Outbox in_clear, sealed_frames;
  SessionBench plain(small_chunks(kLargest - kSealBytes)), keyed(small_chunks(kLargest - kSealBytes));
  const std::vector<Buffer> expected = published(plain, in_clear, in_clear);
  AesGcm cipher(kKey);
  FrameSealer sealer(cipher, Role::kDevice, {kBoot, 1});
  SealedTransport transport(sealed_frames, sealer, MutableBytes(keyed.chunk));
  const std::vector<Buffer> seen = published(keyed, transport, sealed_frames);
  CHECK(expected.size() > 3);
  CHECK_EQ(seen.size(), expected.size());
  FrameOpener opener(cipher, Role::kEdge);
  for (size_t i = 0; i < seen.size() && i < expected.size(); ++i) {
    CHECK(seen[i].size() <= kLargest);
    CHECK_EQ(outcome_of(opener, seen[i]), hex_of(bytes(expected[i])));
  }
}

TEST(a_session_obeys_what_was_sealed_and_counts_what_was_not) {
  SessionBench bench;
  SessionBench::online(bench);
  AesGcm cipher(kKey);
  FrameSealer edge(cipher, Role::kEdge, kLife);
  FrameOpener opener(cipher, Role::kDevice);
  const auto hand_over = [&](Buffer frame) {  // as cipher/sealing.h says
    size_t size = 0;
    const Status status = opener.open(writable(frame), size);
    if (status == Status::kOk) {
      bench.session.frame(Bytes(frame.data(), size));
    } else if (status != Status::kReplayed) {
      bench.session.frame(Bytes());
    }
  };
  const Buffer plan = sealed(edge, plan_frame({5, 3}));
  hand_over(plan);
  CHECK_EQ(bench.session.plan().cut, 3);
  hand_over(plan);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 0u);
  CHECK_EQ(bench.count(CounterId::kStalePlans), 0u);
  hand_over(plan_frame({6, 1}));
  CHECK_EQ(bench.session.plan().cut, 3);
  CHECK_EQ(bench.count(CounterId::kBadFrames), 1u);
}
