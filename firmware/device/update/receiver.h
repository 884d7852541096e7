// Takes an update piece by piece into a spare area of flash and verifies it there. It never touches what is in use.
#ifndef CUTPOINT_DEVICE_UPDATE_RECEIVER_H_
#define CUTPOINT_DEVICE_UPDATE_RECEIVER_H_

#include <stddef.h>
#include <stdint.h>

#include "flash_area.h"
#include "image_rule.h"
#include "../sentence.h"
#include "../settings/choices.h"
#include "../slot/hash.h"

namespace cutpoint::device {

enum class UpdateKind : uint8_t { kModel = 0, kFirmware = 1 };
bool update_allowed(UpdatePolicy policy, UpdateKind kind);

// What a device says on the leaf `note` (docs/protocol.md). The receiver gives the first five; done and returned are
// for the one who tries the image.
enum class UpdateState : uint8_t { kReady, kReceiving, kTrying, kRefused, kFailed, kDone, kReturned };
const char* update_state_name(UpdateState state);  // "ready", ...
const char* update_kind_name(UpdateKind kind);     // "model", "firmware"

struct UpdateNote {
  UpdateState state;
  bool say;          // publish it; false for progress that need not be told
  uint32_t offset;   // the next byte that is expected
  uint32_t size;     // of the image, 0 when no update is under way
  const char* text;  // a sentence, never null, often empty; lives until the next call
};

// How far an update has come, kept over a restart. offset is a multiple of kFlashSectorBytes.
struct UpdateProgress {
  uint32_t size = 0;  // 0: no update
  uint32_t offset = 0;
  uint8_t sha256[kSha256Bytes] = {};
};

constexpr size_t kProgressBytes = 40;
void write_progress(const UpdateProgress& progress, uint8_t (&bytes)[kProgressBytes]);
bool read_progress(Bytes bytes, UpdateProgress& progress);  // false when they hold none

// Where progress is kept, one per kind of update. A store that fails costs a resume, never an update.
class ProgressStore {
 public:
  virtual bool load(UpdateProgress& progress) = 0;  // false when there is none
  virtual bool store(const UpdateProgress& progress) = 0;

 protected:
  ~ProgressStore() = default;
};

constexpr uint32_t kProgressStepBytes = 16384;  // between two notes, and between two stores

// One kind of update into one area. Not thread-safe; all calls from the task that owns the flash.
class UpdateReceiver {
 public:
  // `progress` may be null. All must outlive the receiver.
  UpdateReceiver(FlashArea& area, Hash& hash, ImageRule& rule, ProgressStore* progress, UpdateKind kind)
      : area_(area), hash_(hash), rule_(rule), progress_(progress), kind_(kind) {}

  void set_policy(UpdatePolicy policy) { policy_ = policy; }
  // While there is a reason, every begin, data and end is refused with it: an image is on trial. Null takes it away.
  // The text must live as long.
  void block(const char* reason) { blocked_ = reason; }

  UpdateNote begin(uint32_t size, Bytes sha256);
  UpdateNote data(uint32_t offset, Bytes bytes);
  // kTrying: the image is whole and verified, and the caller tries it now.
  UpdateNote end();
  UpdateNote abort();

  bool active() const { return size_ != 0; }
  uint32_t offset() const { return offset_; }
  uint32_t size() const { return size_; }
  UpdateKind kind() const { return kind_; }

 private:
  bool may_not();  // leaves the sentence in why_
  bool write(Bytes bytes);
  bool holds(uint32_t offset, Bytes bytes);
  void go_back_to(uint32_t offset);
  void keep_progress();
  void forget();
  UpdateNote say(UpdateState state);
  UpdateNote say(UpdateState state, const char* text);
  UpdateNote quiet();

  FlashArea& area_;
  Hash& hash_;
  ImageRule& rule_;
  ProgressStore* progress_;
  UpdateKind kind_;
  UpdatePolicy policy_ = UpdatePolicy::kModel;
  const char* blocked_ = nullptr;
  uint32_t size_ = 0;
  uint32_t offset_ = 0;  // bytes written
  uint32_t erased_ = 0;  // end of the last sector that was erased; offset_ <= erased_
  uint32_t strays_ = 0;  // pieces out of order since the last one in order
  uint8_t sha256_[kSha256Bytes] = {};
  Sentence why_;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_UPDATE_RECEIVER_H_
