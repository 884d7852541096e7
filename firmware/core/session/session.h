// The whole protocol behaviour of a device, sans-I/O: events in, actions out. See docs/protocol.md, Rules.
//
// After every event the driver calls poll() until it says false, and does what each action asks before the next poll:
// what an action points to is reused then. Besides, it calls tick() at next_wakeup_us(). Nothing here blocks, allocates
// or calls back. One owner: all calls come from one task.
//
// How an inference goes (Phase in inference.h). N operators in the network, K on board; "finish" means K = N, otherwise
// what would be finished here is delivered by nobody.
//
//   phase     event                                   becomes
//   --------  --------------------------------------  ------------------------------------------------------------
//   idle      input: cut < N, online                  run [0, cut)
//   idle      input: cut N, offline, isolated,        run [0, N); at once delivered by nobody when K < N, but
//             or to be profiled                       isolated and a probe due: run [0, cut), a trial
//   run       poll                                    running
//   running   ran, head                               send
//   running   ran, all of [0, N)                      deliver by the device
//   running   ran, an operator past the cut           deliver by the edge if it has answered meanwhile, else run the
//                                                     next one, at N deliver by the device
//   running   poll, head in slices, what the next     running: a chunk, unless it is the last
//             chunk carries is final
//   running   ran, failed                             wait if the edge was asked and may answer, else deliver by nobody
//   send      poll                                    send, after the last chunk wait; hedged: run [cut, cut + 1)
//   wait      result, ok                              deliver by the edge
//   send,     result, refused; deadline;              run [cut, cut + 1)
//   wait      disconnected; unsent
//   run       result, ok, of this inference           deliver by the edge: late or hedged, it is still the first
//   running   result, ok, of this inference           running; delivered by the edge when the operator is done, in
//                                                     slices at once
//   deliver   poll                                    idle; answered by itself: send (a report, at cut N with the
//                                                     flag `answered`), if online or isolated and a probe is due
//   send      the report's last chunk                 idle; its acknowledgement is awaited besides
//
// In slices. A driver whose engine works line by line says so with running(), before the first slice of each Run, and
// progress() after each. While the head runs chunks leave as soon as all that they carry is final, the same bytes as
// otherwise. Two rules keep everything else as it is: the last chunk leaves when the head has run, so that no message
// of a head that failed is ever whole and the deadline counts from there; and what would have kept a message from being
// sent once the head has run (refused, broker gone, isolated) ends one that has begun to leave. What is left of the
// network then runs as one range [cut, N), since operator by operator would make every tensor whole. When the phase is
// no longer `running` although ran() was not called, the range is over, whatever was left of it.
#ifndef CUTPOINT_SESSION_SESSION_H_
#define CUTPOINT_SESSION_SESSION_H_

#include <stdint.h>

#include "../clock.h"
#include "../codec/delta/memory.h"
#include "../codec/tables/codec_tables.h"
#include "../frame/activation.h"
#include "../frame/reassembler.h"
#include "../frame/telemetry.h"
#include "action.h"
#include "announcement.h"
#include "config.h"
#include "counters.h"
#include "inference.h"
#include "isolation.h"
#include "plan_state.h"
#include "sent_log.h"
#include "session_clock.h"

namespace cutpoint {

enum class LinkState : uint8_t {
  kOffline = 0,   // no broker
  kOnline = 1,
  kIsolated = 2,  // a broker, but the edge does not answer
};

// The Run that was asked for has begun, in slices.
struct Running {
  uint16_t first;
  uint16_t last;
  // Of [0, last): where the tensors alive at `last` will lie, at their full size. As for Ran::live their memory must
  // stay; its content need not be there yet. Otherwise not looked at.
  Span<const TensorView> live;
};

// What the engine did of the Run that was asked for.
struct Ran {
  uint16_t first;
  uint16_t last;
  bool ok;
  Span<const uint32_t> operators_us;  // last - first of them when ok
  // The tensors alive at `last` after [0, last), otherwise not looked at; nor after running(), which has told them.
  // Their memory must stay as it is until the next Run is done or, after a Delivery, until poll() has said false.
  Span<const TensorView> live;
};

class Session {
 public:
  // `clock` must live as long as the session.
  Session(Clock& clock, const SessionBuffers& buffers)
      : clock_(clock), buffers_(buffers), memory_(buffers.history), results_(buffers.result), plans_(buffers.plan), commands_(buffers.command) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Before anything else, once. See check_session; kTables for tables that are none of this model, kArgument for a
  // setting that they do not have.
  Status begin(const SessionConfig& config);

  // Another model from now on, in the same life: connection, numbers and counters go on; the plan ends, results that are
  // still on their way are of no use, and `about` is told anew. kArgument unless idle and of the same boot; else as
  // begin(), and nothing changes then.
  Status change_model(const SessionConfig& config);

  // The broker took the connection, and the subscriptions to res, plan and cmd are under way.
  void connected();
  void disconnected();
  // The device goes by itself: says so while it still can.
  void sleeping();
  // What came on res, plan or cmd. kOk or kPending when it was of use; anything else has been counted.
  Status frame(Bytes frame);
  // A new picture is in the engine's input. kArgument while an inference is in flight.
  Status input(uint32_t& sequence);
  // kArgument when nothing runs or `running` contradicts what was asked; nothing changes then.
  Status running(const Running& running);
  // After a slice: bytes at the front of each live tensor that are final, in the order told. True when a poll will
  // give a chunk of them.
  bool progress(Span<const size_t> ready);
  // kArgument when nothing runs or `ran` contradicts what was asked; nothing changes then.
  Status ran(const Ran& ran);
  // The transport did not take the Publish polled last.
  void unsent();
  void tick();
  // Sends the gauges with the session's counters; dropped when offline.
  void telemetry(const Gauges& gauges);
  // The Command polled last is none that this device can obey.
  void unsupported_command() { counters_.count(CounterId::kUnsupportedCommands); }

  bool poll(Action& action);
  // When to call tick(), on the platform's clock; false when no time matters. In the past when poll() has something.
  bool next_wakeup_us(uint64_t& when);

  LinkState state() const;
  Phase phase() const { return inference_.phase; }
  // Of the inference in flight: microseconds that coding what it sends takes, as `encode_ns` says; 0 where that is empty.
  uint32_t modelled_encode_us() const;
  // Session time, us: what a driver measures its slices with.
  uint64_t time_us() { return now(); }
  const Decision& plan() const { return plan_.decision(); }
  const Counters& counters() const { return counters_; }
  const LastAnswered& last_answered() const { return last_answered_; }
  // The payload of the last will for the state topic, QoS 1, retained.
  Bytes will(uint8_t (&to)[kStateTextBytes]) const { return state_text(Presence::kLost, config_.boot, to); }

 private:
  // session.cc
  Status configure(const SessionConfig& config);
  uint64_t now();
  void look(uint64_t now);
  bool poll_publish(Action& action);
  bool poll_inference(Action& action);
  bool anything_to_poll() const;
  bool publish_telemetry(Action& action);
  void misuse() { ++counters_.local.misuse; }

  // session_inference.cc
  bool can_finish() const { return config_.on_board == config_.operators && config_.cuts.has(config_.operators); }
  void choose_way(uint64_t now);
  void run_next(uint16_t first, uint16_t last);
  bool keep_live(Span<const TensorView> live);
  bool asked(uint16_t first, uint16_t last) const;
  void head_done();
  void finish_here(Reason reason);
  void deliver(By by, Reason reason);
  void engine_failed();
  void poll_deliver(Action& action);

  // session_sending.cc
  bool may_send() const;
  bool streams() const;
  bool streaming() const;
  void lose_sent();
  bool begin_sending();
  Coding coding();
  CodecId codec_in_flight() const;
  void poll_chunk(Action& action);
  void sent_first(uint64_t now);
  void sent_last(uint64_t now);
  void stop_sending(Reason reason);
  static uint64_t writer_now(void* session) { return static_cast<Session*>(session)->now(); }

  // session_incoming.cc
  Status take_plan(const Header& header, Bytes payload, Bytes frame);
  Status take_command(const Header& header, Bytes payload, Bytes frame);
  Status bad_frame(Status status);
  static Status assemble(Reassembler& reassembler, Bytes frame, Message& message);

  // session_results.cc
  Status match(const Header& header, Sent*& sent);
  Status take_result(const Header& header, Bytes payload, Bytes frame);
  Status refused(Sent& sent, ResultStatus status);
  void forget_unreadable(ResultStatus status);
  Status answered(Sent& sent, const Message& message, const ResultView& result);
  void measure(const Sent& sent, Delivery& delivery);
  bool of_this_inference(const Sent& sent) const;
  bool holds_answer() const;

  SessionClock clock_;
  SessionBuffers buffers_;
  SessionConfig config_ = {};
  CodecTables tables_;
  DeltaMemory memory_;
  PlanState plan_;
  Isolation isolation_;
  SentLog sent_log_;
  Counters counters_;
  LastAnswered last_answered_ = {};
  Inference inference_;
  ActivationWriter writer_;
  Reassembler results_;
  Reassembler plans_;
  Reassembler commands_;

  Sent* sent_ = nullptr;  // of the inference in flight, null until its first chunk
  uint32_t sequence_ = 0;
  uint32_t last_command_ = 0;
  Command command_ = {};
  Gauges gauges_;
  Presence presence_ = Presence::kOnline;
  bool begun_ = false;
  bool connected_ = false;
  bool state_due_ = false;
  bool about_due_ = false;
  bool telemetry_due_ = false;
  bool plan_changed_ = false;
  bool command_due_ = false;
  bool profile_due_ = false;
  bool chunk_polled_ = false;  // the action polled last was a chunk of an activation
  uint8_t state_text_[kStateTextBytes] = {};
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_SESSION_H_
