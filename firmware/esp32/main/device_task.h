// The one task that owns session, driver, engine, model slots and updates. Everything else talks to it through a queue.
#ifndef CUTPOINT_ESP32_DEVICE_TASK_H_
#define CUTPOINT_ESP32_DEVICE_TASK_H_

#include <stdint.h>

#include "board/current_sensor.h"
#include "board/input_source.h"
#include "core/cipher/sealing.h"
#include "core/session/driver.h"
#include "crypto/aes_gcm.h"
#include "device/life/life.h"
#include "device/measure/energy.h"
#include "device/report/refusals.h"
#include "device/settings/settings.h"
#include "device_events.h"
#include "device_request.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "mqtt/inbox.h"
#include "mqtt/mqtt_transport.h"
#include "model_runner.h"
#include "note_board.h"
#include "session_memory.h"
#include "storage/app_update.h"
#include "storage/model_slots.h"
#include "updates.h"
#include "watched_engine.h"

namespace cutpoint::esp32 {

// Kernels, TLS writes and the SHA-256 of an update run on it.
constexpr uint32_t kDeviceTaskStackBytes = 12288;
constexpr UBaseType_t kDeviceTaskPriority = 5;  // below the network's tasks

struct DeviceParts {
  const device::Settings& settings;
  const char* id;
  device::LifeRecord& life;  // after begin_life; in safe mode no model and no pictures, network and updates alone
  const char* crash;         // how the life before ended, null when it ended well
  Inbox& inbox;
  MqttTransport& mqtt;
  ModelSlots& slots;
  AppUpdate& app;
  ModelRunner& runner;
  InputSource& input;
  CurrentSensor& current;
  DeviceEvents& events;
  uint32_t salt;  // of this life's nonces: crypto/salt.h
};

struct DeviceStatus {
  LinkState link;
  bool has_model;
  ModelId model;
  uint16_t operators;  // N
  uint16_t on_board;   // K
  uint16_t cut;
  uint32_t epoch;       // of the plan; 0: none yet
  uint32_t inferences;
  uint32_t by_edge;
  uint32_t by_device;
  uint32_t unanswered;
  uint32_t inbox_full;
  uint32_t bad_frames;
  uint8_t slot;          // 0 `model`, 1 `spare`
  const char* engine;    // as `about` tells it
  size_t memory_bytes;   // of the engine: TFLM's arena, or Stream's block and inputs
  char model_name[device::kMaxSlotName + 1];
  const char* energy;              // "measured", "modelled", or null
  device::Sentence model_trouble;  // why there is no model; empty otherwise
};

class DeviceTask final : private Listener, private Clock {
 public:
  explicit DeviceTask(const DeviceParts& parts);
  DeviceTask(const DeviceTask&) = delete;
  DeviceTask& operator=(const DeviceTask&) = delete;

  // Makes the session, so that the last will can be asked for. False, with the sentence, when these settings make none.
  bool begin(device::Sentence& why);
  Bytes will(uint8_t (&to)[kStateTextBytes]) const { return session_.will(to); }
  // Starts the task and waits until it has loaded the model, or knows why not: the arena is the largest piece of memory,
  // so the network gets what is left. False when there is no memory for the task.
  bool start();

  // From any task, without waiting. False when too many are waiting already.
  bool ask(const DeviceRequest& request);
  // A copy, at most a second old.
  DeviceStatus status() const;
  // From any task: something is there to look at.
  void wake();

 private:
  static void main(void* self);
  void settle();
  void loop();
  uint32_t wait_ms();

  // Clock
  uint64_t now_us() override;
  // Listener
  void delivered(const Delivery& delivery, Span<const TensorView> outputs) override;
  bool commanded(const Command& command) override;
  void plan_changed(const Decision& plan) override;

  // device_task_model.cc
  bool load_current(device::Sentence& why);
  bool try_out(device::Sentence& why);
  bool prove(device::Sentence& why);
  SessionConfig session_config(uint16_t cut);
  void settle_trial_of_boot();
  void try_new_model();
  void try_after_restart();
  void try_new_firmware();
  void look_after_life();
  void keep_life();
  const char* energy_name() const;
  void begin_input();
  bool on_demand() const;
  void look_at_tables();
  void write_about(const ModelId& model);

  // device_task_requests.cc
  void serve_requests();
  void force_cut(uint32_t cut);
  void bench(uint32_t count);
  void hang();
  void restart();

  void follow_connection();
  void receive(MutableBytes frame);
  bool take_frames();
  void pump();
  void next_picture();
  Span<const MutableBytes> inputs(Span<MutableBytes> memory);
  void tell_figures();
  void tell_trouble();
  void update_status();
  bool sealed() const { return parts_.settings.aead_key_bytes != 0; }

  DeviceParts parts_;
  SessionMemory memory_;
  Session session_;
  WatchedEngine engine_;
  NoteBoard notes_;
  Updates updates_;
  AesGcm cipher_;
  FrameSealer sealer_;
  FrameOpener opener_;
  SealedTransport sealing_;
  Driver driver_;
  QueueHandle_t requests_ = nullptr;
  SemaphoreHandle_t settled_ = nullptr;
  TaskHandle_t task_ = nullptr;
  device::Life life_;
  device::ModelledEnergy modelled_;
  device::RefusalTeller refusals_;
  size_t about_bytes_ = 0;
  uint32_t connection_ = 0;     // as last seen in the inbox
  bool was_ready_ = false;
  bool has_model_ = false;
  CutSet cuts_;              // of the model; in memory_
  Bytes tables_;             // its codec tables, where the slot has some that can be read
  uint32_t tables_version_ = 0;
  bool cut_forced_ = false;  // from the console: plans are not followed
  bool restart_due_ = false;
  uint64_t began_us_ = 0;       // of this inference
  uint64_t next_picture_us_ = 0;
  uint64_t next_figures_us_ = 0;
  device::Sentence model_trouble_;
  device::Sentence input_trouble_;  // as told last
  DeviceStatus status_ = {};
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_DEVICE_TASK_H_
