// Puts a session to work: its actions against an engine, a transport and whoever waits for answers.
#ifndef CUTPOINT_SESSION_DRIVER_H_
#define CUTPOINT_SESSION_DRIVER_H_

#include <stdint.h>

#include "../engine/engine.h"
#include "../frame/tensor_record.h"
#include "../transport/transport.h"
#include "notes.h"
#include "session.h"

namespace cutpoint {

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
// do before the next event. While an inference falls back operator by operator that is several runs; `pump_one` is for
// a task that must look for arrived frames between them.
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

  // Does one action; false when there is none.
  bool pump_one();
  void pump() {
    session_.tick();
    while (pump_one()) {
    }
  }

  // When to pump at the latest, on the session's clock; false when only an event can change anything.
  bool next_wakeup_us(uint64_t& when) { return session_.next_wakeup_us(when); }

 private:
  void publish(const Publish& publish);
  void run(const Run& run);
  void deliver(const Delivery& delivery);
  bool publish_note();

  Session& session_;
  Engine& engine_;
  Transport& transport_;
  Listener& listener_;
  Span<uint32_t> operators_us_;
  Notes* notes_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_SESSION_DRIVER_H_
