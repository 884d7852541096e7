#include "input_source.h"

#include "core/bytes.h"
#include "esp_heap_caps.h"
#include "input_shape.h"
#include "linked_picture.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {
namespace {

using device::InputChoice;

#if CONFIG_CUTPOINT_CAMERA_JPEG
constexpr bool kCodesJpeg = true;
#else
constexpr bool kCodesJpeg = false;
#endif

// PSRAM first: internal memory is the arena's.
uint8_t* take_memory(size_t bytes) {
  return static_cast<uint8_t*>(heap_caps_malloc_prefer(bytes, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT,
                                                       MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT));
}

}  // namespace

const char* InputSource::name(InputChoice choice) {
  switch (choice) {
    case InputChoice::kAuto:
      return "auto";
    case InputChoice::kNone:
      return "none";
    case InputChoice::kCamera:
      return "camera";
    case InputChoice::kSerial:
      return "serial";
    case InputChoice::kLinked:
      return "linked";
  }
  return "none";
}

bool InputSource::begin(InputChoice choice, TaskHandle_t reader, device::Sentence& why) {
  reader_ = reader;
  return choose(choice, why);
}

bool InputSource::choose(InputChoice choice, device::Sentence& why) {
  why.clear();
  release();
  bool good = true;
  InputChoice taken = choice;
  if (choice == InputChoice::kCamera || (choice == InputChoice::kAuto && Camera::built_in())) {
    good = camera_.begin(kCodesJpeg, why);
    taken = good ? InputChoice::kCamera : InputChoice::kSerial;
  } else if (choice == InputChoice::kAuto) {
    taken = InputChoice::kSerial;
  }
  if (taken != InputChoice::kCamera) {
    camera_.end();
  }
  choice_ = taken;
  takes_serial_ = taken != InputChoice::kNone;
  return good;
}

bool InputSource::set_model(Bytes model, size_t input_bytes, bool fed, device::Sentence& why) {
  why.clear();
  release();
  fed_ = fed;
  device::PictureTensor tensor;
  takes_pictures_ = !model.empty() && read_input_shape(model, tensor) && picture_input_.begin(tensor, why);
  if (!takes_pictures_ && why.empty()) {
    why.add("the model's first input is no picture: it can only be given tensors over the serial line");
  }
  input_bytes_ = input_bytes;
  if (slot_ == Slot::kFull) {
    slot_ = Slot::kEmpty;  // it was for the model before
  }
  return takes_pictures_;
}

// The camera's driver captures by itself into the buffer that nobody holds; the line fills its buffer by the console's
// task. So all there is to do is to hold nothing longer than needed.
void InputSource::prepare() {
  if (!fed_input_.feeding() && (lent_ || (held_ && held_picture_.jpeg.empty()))) {
    release();
  }
}

void InputSource::release() {
  fed_input_.stop();
  if (lent_) {
    lent_ = false;
    slot_ = Slot::kEmpty;
  }
  if (held_) {
    camera_.release(held_picture_);
    held_ = false;
  }
}

bool InputSource::codes_jpeg() const { return kCodesJpeg && choice_ == InputChoice::kCamera; }

bool InputSource::next(Span<const MutableBytes> inputs, device::Sentence& why) {
  why.clear();
  release();
  if (inputs.empty()) {
    return false;
  }
  if (slot_ == Slot::kFull) {
    return next_serial(inputs, why);
  }
  switch (choice_.load()) {
    case InputChoice::kCamera:
      return next_camera(inputs[0], why);
    case InputChoice::kLinked:
      return next_linked(inputs[0], why);
    default:
      return false;
  }
}

bool InputSource::next_serial(Span<const MutableBytes> inputs, device::Sentence& why) {
  if (buffer_used_ != input_bytes_) {  // it was on its way when the model changed
    slot_ = Slot::kEmpty;
    why.add("The picture from the serial line is for other inputs than the model's.");
    return false;
  }
  if (fed_) {
    fed_input_.tensor(Bytes(buffer_, buffer_used_));
    lent_ = true;
    return true;
  }
  const uint8_t* from = buffer_;
  for (const MutableBytes& input : inputs) {
    copy_bytes(input.data(), from, input.size());
    from += input.size();
  }
  slot_ = Slot::kEmpty;
  return true;
}

bool InputSource::next_linked(MutableBytes input, device::Sentence& why) {
  device::PictureView picture;
  if (!linked_picture(picture)) {
    why.add("The picture linked in is no PGM or PPM of 8 bits: build with another CUTPOINT_PICTURE.");
    return false;
  }
  return scale(picture, input, why);
}

bool InputSource::next_camera(MutableBytes input, device::Sentence& why) {
  if (!camera_.grab(held_picture_, why)) {
    return false;
  }
  held_ = true;
  const bool good = scale(held_picture_.view, input, why);
  if (!good || (held_picture_.jpeg.empty() && !fed_)) {
    release();  // the driver captures into it again, while this picture is worked on
  }
  return good;
}

// Into the tensor, or ready to be taken line by line.
bool InputSource::scale(const device::PictureView& picture, MutableBytes input, device::Sentence& why) {
  if (!takes_pictures_) {
    why.add("The model's input is no picture.");
    return false;
  }
  if (!scratch_for(picture, why)) {
    return false;
  }
  const MutableBytes scratch(scratch_, scratch_bytes_);
  return fed_ ? fed_input_.picture(picture_input_, picture, scratch, why)
              : picture_input_.fill(picture, input, scratch, why);
}

void InputSource::blank(Span<const MutableBytes> inputs) {
  release();
  if (fed_) {
    fed_input_.zeros();
    return;
  }
  for (const MutableBytes& input : inputs) {
    fill_bytes(input.data(), 0, input.size());
  }
}

bool InputSource::scratch_for(const device::PictureView& picture, device::Sentence& why) {
  const size_t wanted = picture_input_.scratch_bytes(picture.width, picture.height, picture.format);
  if (wanted <= scratch_bytes_) {
    return true;
  }
  heap_caps_free(scratch_);
  scratch_ = static_cast<uint8_t*>(heap_caps_malloc(wanted, MALLOC_CAP_8BIT));
  scratch_bytes_ = scratch_ == nullptr ? 0 : wanted;
  if (scratch_ == nullptr) {
    why.add("There is no memory to scale a picture: ").add(static_cast<uint32_t>(wanted)).add(" bytes.");
  }
  return scratch_ != nullptr;
}

MutableBytes InputSource::begin_picture(uint32_t bytes, const char*& why) {
  if (!takes_serial_) {
    why = "input is none: set input serial";
    return MutableBytes();
  }
  if (bytes != input_bytes_) {
    why = input_bytes_ == 0 ? "there is no model that could take a picture"
                            : "the picture is of another size than the model's inputs";
    return MutableBytes();
  }
  if (slot_ == Slot::kFull) {
    why = "pictures come faster than they are inferred: wait for @answer";
    return MutableBytes();
  }
  if (bytes > buffer_bytes_) {
    heap_caps_free(buffer_);
    buffer_ = take_memory(bytes);
    buffer_bytes_ = buffer_ == nullptr ? 0 : bytes;
  }
  if (buffer_ == nullptr) {
    why = "there is no memory for a picture from the serial line";
    return MutableBytes();
  }
  buffer_used_ = bytes;
  return MutableBytes(buffer_, bytes);
}

void InputSource::end_picture(bool good) {
  if (!good) {
    return;
  }
  slot_ = Slot::kFull;
  if (reader_ != nullptr) {
    xTaskNotifyGive(reader_);
  }
}

}  // namespace cutpoint::esp32
