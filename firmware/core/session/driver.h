// Puts a session to work: its actions against an engine, a transport and whoever waits for answers.
#ifndef CUTPOINT_SESSION_DRIVER_H_
#define CUTPOINT_SESSION_DRIVER_H_

#include <stdint.h>

#include "../engine/engine.h"
#include "../engine/line_engine.h"
#include "../frame/tensor_record.h"
#include "../transport/transport.h"
#include "notes.h"
#include "session.h"

namespace cutpoint {

// One slice of a run in an engine that works line by line: so many units of work, or less when a chunk can leave or the
// time is up. The time is looked at between units, so one long unit makes a long slice.
constexpr uint16_t kSliceUnits = 64;
constexpr uint32_t kSliceUs = 2000;

// What an application hears of a session. Called from within the Driver's own calls; must not call the Driver back.
class Listener {
 public:
  // With By::kDevice the outputs are `outputs`, in the network's order; otherwise it is empty. Everything that is
  // pointed to holds until this returns.
  virtual void delivered(const Delivery& delivery, Span<const TensorView> outputs) = 0;
  // False when the device cannot obey: counted as unsupported.
  virtual bool commanded(const Command& command) = 0;
  virtual void plan_changed(const Decision& plan) = 0;

 protected:
  ~Listener() = default;
};

// One owner: every call comes from the task that also runs the engine. Each call returns when there is nothing left to
// do before the next event. That may be several runs, when an inference falls back operator by operator, or many slices
// of one, when the engine works line by line; `pump_one` is for a task that must look for arrived frames between them.
//
// An engine that waits for a line of its picture (LineSource) has nothing to do until the line is there: pump then.
class Driver {
 public:
  // All must outlive the driver. operators_us: as many elements as the engine has operators. notes: published while
  // there is a broker, each after everything that the session has to say; kept while there is none.
  Driver(Session& session, Engine& engine, Transport& transport, Listener& listener, Span<uint32_t> operators_us,
         Notes* notes = nullptr)
      : session_(session),
        engine_(engine),
        transport_(transport),
        listener_(listener),
        operators_us_(operators_us),
        notes_(notes) {}

  void connected() { session_.connected(); }
  void disconnected() { session_.disconnected(); }
  void received(Bytes frame) { session_.frame(frame); }
  // The next picture lies in engine.input(). False while the one before is in flight.
  bool picture(uint32_t& sequence) { return session_.input(sequence) == Status::kOk; }

  // Does one action, or one slice of the run that is under way; false when there is neither.
  bool pump_one();
  void pump() {
    session_.tick();
    while (pump_one()) {
    }
  }

  // When to pump at the latest, on the session's clock; false when only an event can change anything.
  bool next_wakeup_us(uint64_t& when) {
    when = 0;
    return (sliced_ && !waiting_) || session_.next_wakeup_us(when);
  }

  // The picture that the engine waits for will not be whole: the run under way fails.
  void give_up_picture() {
    if (sliced_ && session_.phase() == Phase::kRunning) {
      end_lines(*engine_.lines(), false);
    }
  }

 private:
  void publish(const Publish& publish);
  void run(const Run& run);
  bool slice();
  void end_lines(LineEngine& lines, bool ok);
  void deliver(const Delivery& delivery);
  bool publish_note();

  Session& session_;
  Engine& engine_;
  Transport& transport_;
  Listener& listener_;
  Span<uint32_t> operators_us_;
  Notes* notes_;
  Run slicing_ = {};      // the run under way, when sliced_
  bool sliced_ = false;
  bool waiting_ = false;  // for a line of the picture
  uint8_t live_ = 0;      // tensors whose lines are told
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_DRIVER_H_
