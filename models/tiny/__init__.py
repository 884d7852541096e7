"""Recipe `tiny`: MLPerf Tiny's DS-CNN, ResNet-8 and MobileNetV1 0.25, with weights from a seed."""
