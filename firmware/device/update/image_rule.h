// What makes bytes an image that may be taken: a model's slot image, or this chip's application.
#ifndef CUTPOINT_DEVICE_UPDATE_IMAGE_RULE_H_
#define CUTPOINT_DEVICE_UPDATE_IMAGE_RULE_H_

#include <stddef.h>
#include <stdint.h>

#include "flash_area.h"
#include "../sentence.h"
#include "../slot/header.h"

namespace cutpoint::device {

class ImageRule {
 public:
  // Asked as soon as this many bytes have been written, so that a foreign file is refused at its beginning.
  virtual uint32_t head_bytes() const = 0;
  // `size` is what the sender stated. False, with the sentence, for an image that cannot be meant.
  virtual bool accept_head(FlashArea& area, uint32_t size, Sentence& why) = 0;
  // The whole image lies in the area and has the SHA-256 that the sender stated.
  virtual bool accept(FlashArea& area, uint32_t size, Hash& hash, Sentence& why) = 0;

 protected:
  ~ImageRule() = default;
};

// A slot image (slot/header.h): header, size, SHA-256 of model and plan.
class SlotImageRule final : public ImageRule {
 public:
  uint32_t head_bytes() const override;
  bool accept_head(FlashArea& area, uint32_t size, Sentence& why) override;
  bool accept(FlashArea& area, uint32_t size, Hash& hash, Sentence& why) override;

 private:
  static bool read_head(FlashArea& area, uint32_t size, SlotHeader& header, Sentence& why);
};

// An application image of ESP-IDF for one chip, of this project. `chip` is esp_chip_id_t's number: 0 ESP32, 2 S2,
// 5 C3, 9 S3, 12 C2, 13 C6, 16 H2, 18 P4.
class AppImageRule final : public ImageRule {
 public:
  explicit AppImageRule(uint16_t chip) : chip_(chip) {}
  uint32_t head_bytes() const override;
  bool accept_head(FlashArea& area, uint32_t size, Sentence& why) override;
  bool accept(FlashArea& area, uint32_t size, Hash& hash, Sentence& why) override;

 private:
  static bool truncated(Sentence& why);

  uint16_t chip_;
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_UPDATE_IMAGE_RULE_H_
