// Where pictures come from: the camera, the serial line, one linked in, or nowhere.
#ifndef CUTPOINT_ESP32_BOARD_INPUT_SOURCE_H_
#define CUTPOINT_ESP32_BOARD_INPUT_SOURCE_H_

#include <stddef.h>
#include <stdint.h>

#include <atomic>

#include "camera.h"
#include "core/span.h"
#include "device/picture/fed_input.h"
#include "device/picture/picture_input.h"
#include "device/sentence.h"
#include "device/serial/picture_packet.h"
#include "device/settings/settings.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

namespace cutpoint::esp32 {

// begin(), set_model(), next() and prepare() belong to the device's task; the PictureSink's calls to the console's.
class InputSource final : public device::PictureSink {
 public:
  // `auto` becomes camera where there is one, else serial. False, with the sentence, when what was asked for cannot be
  // had; the source is then `serial`, so that the board can still be fed. `reader` is notified when a picture came.
  bool begin(device::InputChoice choice, TaskHandle_t reader, device::Sentence& why);

  // The model's first input, out of its .tflite: what pictures are made into. Takes memory for one picture from the line.
  // False, with the sentence, when the model takes no picture: raw tensors over the line still work.
  // `input_bytes` are those of all inputs together; a picture from the line has exactly so many. `fed`: the engine holds
  // no input whole, and takes its lines from lines(). Call it with each model.
  bool set_model(Bytes model, size_t input_bytes, bool fed, device::Sentence& why);

  // Begin to take the next picture, as soon as the one before is in the tensor, or its last line has been taken: capture
  // goes on while the edge is waited for. Returns at once.
  void prepare();

  // The next picture into the model's inputs: from the line all of them, else the first. Fed, it stays where it is, and
  // nothing is written to `inputs`. False when there is none yet (`why` is empty), or it could not be had.
  bool next(Span<const MutableBytes> inputs, device::Sentence& why);
  // Zeros in the place of a picture.
  void blank(Span<const MutableBytes> inputs);

  // The picture of the last next() or blank(), line by line, for an engine that is fed.
  LineSource& lines() { return fed_input_; }

  // Whether jpeg() may have something: a camera that was built in to code JPEG (CUTPOINT_CAMERA_JPEG).
  bool codes_jpeg() const;
  // The picture that next() gave last, as the camera coded it; empty unless the camera codes JPEG. Until release().
  Bytes jpeg() const { return held_ ? held_picture_.jpeg : Bytes(); }
  // The inference is over: jpeg() is not needed any more.
  void release();

  // Other choices at run time: same rules as begin().
  bool choose(device::InputChoice choice, device::Sentence& why);
  device::InputChoice choice() const { return choice_; }
  static const char* name(device::InputChoice choice);

  // From the console's task. Pictures from the line are taken whatever the source is but `none`, and go before others.
  MutableBytes begin_picture(uint32_t bytes, const char*& why) override;
  void end_picture(bool good) override;

 private:
  enum class Slot : uint8_t { kEmpty, kFull };

  bool next_serial(Span<const MutableBytes> inputs, device::Sentence& why);
  bool next_linked(MutableBytes input, device::Sentence& why);
  bool next_camera(MutableBytes input, device::Sentence& why);
  bool scale(const device::PictureView& picture, MutableBytes input, device::Sentence& why);
  bool scratch_for(const device::PictureView& picture, device::Sentence& why);

  std::atomic<device::InputChoice> choice_{device::InputChoice::kNone};
  TaskHandle_t reader_ = nullptr;
  Camera camera_;
  CameraPicture held_picture_;
  bool held_ = false;
  device::PictureInput picture_input_;
  bool takes_pictures_ = false;
  device::FedInput fed_input_;
  bool fed_ = false;
  bool lent_ = false;  // lines are taken from the buffer of the line
  uint8_t* scratch_ = nullptr;  // grows to what the largest picture needed
  size_t scratch_bytes_ = 0;
  // One picture from the line. While slot_ is kFull, buffer_ and buffer_used_ belong to the device's task, else to the
  // console's.
  std::atomic<Slot> slot_{Slot::kEmpty};
  std::atomic<bool> takes_serial_{false};
  std::atomic<size_t> input_bytes_{0};
  uint8_t* buffer_ = nullptr;
  size_t buffer_bytes_ = 0;
  size_t buffer_used_ = 0;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_BOARD_INPUT_SOURCE_H_
