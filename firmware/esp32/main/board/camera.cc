// Compiled only into builds with a camera (CMakeLists.txt).
#include "camera.h"

#include "esp_camera.h"
#include "esp_err.h"
#include "esp_heap_caps.h"
#include "img_converters.h"
#include "jpeg_decoder.h"
#include "sdkconfig.h"

namespace cutpoint::esp32 {
namespace {

constexpr int kClockHz = 20'000'000;  // XCLK of an OV2640
constexpr int kJpegQuality = 12;      // 0 to 63, lower is better
constexpr size_t kBuffers = 2;

camera_config_t board_config(bool as_jpeg) {
  camera_config_t config = {};
  config.pin_pwdn = CONFIG_CUTPOINT_CAMERA_PWDN;
  config.pin_reset = CONFIG_CUTPOINT_CAMERA_RESET;
  config.pin_xclk = CONFIG_CUTPOINT_CAMERA_XCLK;
  config.pin_sccb_sda = CONFIG_CUTPOINT_CAMERA_SIOD;
  config.pin_sccb_scl = CONFIG_CUTPOINT_CAMERA_SIOC;
  config.pin_d0 = CONFIG_CUTPOINT_CAMERA_D0;
  config.pin_d1 = CONFIG_CUTPOINT_CAMERA_D1;
  config.pin_d2 = CONFIG_CUTPOINT_CAMERA_D2;
  config.pin_d3 = CONFIG_CUTPOINT_CAMERA_D3;
  config.pin_d4 = CONFIG_CUTPOINT_CAMERA_D4;
  config.pin_d5 = CONFIG_CUTPOINT_CAMERA_D5;
  config.pin_d6 = CONFIG_CUTPOINT_CAMERA_D6;
  config.pin_d7 = CONFIG_CUTPOINT_CAMERA_D7;
  config.pin_vsync = CONFIG_CUTPOINT_CAMERA_VSYNC;
  config.pin_href = CONFIG_CUTPOINT_CAMERA_HREF;
  config.pin_pclk = CONFIG_CUTPOINT_CAMERA_PCLK;
  config.xclk_freq_hz = kClockHz;
  config.ledc_timer = LEDC_TIMER_0;
  config.ledc_channel = LEDC_CHANNEL_0;
  config.pixel_format = as_jpeg ? PIXFORMAT_JPEG : PIXFORMAT_RGB565;
  config.jpeg_quality = kJpegQuality;
  const bool psram = heap_caps_get_total_size(MALLOC_CAP_SPIRAM) != 0;
  // 115 KB a buffer as RGB565; without PSRAM one of 18 KB.
  config.frame_size = psram ? FRAMESIZE_240X240 : FRAMESIZE_96X96;
  config.fb_count = psram ? kBuffers : 1;
  config.fb_location = psram ? CAMERA_FB_IN_PSRAM : CAMERA_FB_IN_DRAM;
  config.grab_mode = CAMERA_GRAB_LATEST;
  return config;
}

}  // namespace

bool Camera::built_in() { return true; }

bool Camera::begin(bool as_jpeg, device::Sentence& why) {
  why.clear();
  if (running_) {
    return true;
  }
  const camera_config_t config = board_config(as_jpeg);
  const esp_err_t result = esp_camera_init(&config);
  if (result != ESP_OK) {
    why.add(result == ESP_ERR_NO_MEM ? "There is no memory for the camera's pictures"
                                     : "No camera answers: check its ribbon and the board's pins")
        .add(" (").add(esp_err_to_name(result)).add(").");
    return false;
  }
  running_ = true;
  return true;
}

void Camera::end() {
  if (running_) {
    esp_camera_deinit();
    running_ = false;
  }
  heap_caps_free(decoded_);
  decoded_ = nullptr;
  decoded_bytes_ = 0;
}

bool Camera::grab(CameraPicture& picture, device::Sentence& why) {
  why.clear();
  picture = CameraPicture();
  camera_fb_t* frame = running_ ? esp_camera_fb_get() : nullptr;
  if (frame == nullptr) {
    why.add("The camera delivers no picture.");
    return false;
  }
  picture.frame = frame;
  picture.view.width = static_cast<uint16_t>(frame->width);
  picture.view.height = static_cast<uint16_t>(frame->height);
  const Bytes data(frame->buf, frame->len);
  bool good = true;
  switch (frame->format) {
    case PIXFORMAT_RGB565:
      picture.view.format = device::PixelFormat::kRgb565;
      picture.view.data = data;
      break;
    case PIXFORMAT_RGB888:
      picture.view.format = device::PixelFormat::kBgr888;
      picture.view.data = data;
      break;
    case PIXFORMAT_GRAYSCALE:
      picture.view.format = device::PixelFormat::kGrey;
      picture.view.data = data;
      break;
    case PIXFORMAT_JPEG:
      picture.jpeg = data;
      good = decode(picture, why);
      break;
    default:
      why.add("The camera delivers pictures of a format that is not known here.");
      good = false;
  }
  if (!good) {
    release(picture);
  }
  return good;
}

// Into memory of its own, which stays: the decoder needs the whole picture as red, green and blue.
bool Camera::decode(CameraPicture& picture, device::Sentence& why) {
  esp_jpeg_image_cfg_t config = {};
  config.indata = const_cast<uint8_t*>(picture.jpeg.data());
  config.indata_size = static_cast<uint32_t>(picture.jpeg.size());
  config.out_format = JPEG_IMAGE_FORMAT_RGB888;
  config.out_scale = JPEG_IMAGE_SCALE_0;
  esp_jpeg_image_output_t size = {};
  if (esp_jpeg_get_image_info(&config, &size) != ESP_OK || size.width > picture.view.width ||
      size.height > picture.view.height) {
    why.add("The camera's JPEG is damaged.");
    return false;
  }
  const size_t wanted = static_cast<size_t>(size.width) * size.height * 3;
  if (wanted > decoded_bytes_) {
    heap_caps_free(decoded_);
    decoded_ = static_cast<uint8_t*>(heap_caps_malloc_prefer(wanted, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT,
                                                             MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT));
    decoded_bytes_ = decoded_ == nullptr ? 0 : wanted;
  }
  if (decoded_ == nullptr) {
    why.add("There is no memory to decode the camera's JPEG: ").add(static_cast<uint32_t>(wanted)).add(" bytes.");
    return false;
  }
  config.outbuf = decoded_;
  config.outbuf_size = static_cast<uint32_t>(decoded_bytes_);
  if (esp_jpeg_decode(&config, &size) != ESP_OK) {
    why.add("The camera's JPEG is damaged.");
    return false;
  }
  picture.view.width = size.width;
  picture.view.height = size.height;
  picture.view.format = device::PixelFormat::kRgb888;
  picture.view.data = Bytes(decoded_, wanted);
  return true;
}

void Camera::release(CameraPicture& picture) {
  if (picture.frame != nullptr) {
    esp_camera_fb_return(static_cast<camera_fb_t*>(picture.frame));
  }
  picture = CameraPicture();
}

}  // namespace cutpoint::esp32
