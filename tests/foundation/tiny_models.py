"""Models of the published classes, so small that they are saved and loaded in a second. Their weights are random."""

import segmentation_models_pytorch as smp
import torch
import transformers as hf
from tokenizers import pre_tokenizers


def save_segformer(folder):
    config = hf.SegformerConfig(
        hidden_sizes=[8, 16, 16, 32],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        num_labels=5,
    )
    hf.SegformerForSemanticSegmentation(config).save_pretrained(folder)
    hf.SegformerImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)


def save_mask2former(folder):
    backbone = hf.SwinConfig(
        image_size=64,
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = hf.Mask2FormerConfig(
        backbone_config=backbone,
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=32,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=2,
        dim_feedforward=32,
        num_queries=7,
        num_labels=5,
    )
    hf.Mask2FormerForUniversalSegmentation(config).save_pretrained(folder)
    hf.Mask2FormerImageProcessor(size={"height": 64, "width": 64}, size_divisor=32).save_pretrained(folder)


def save_sam(folder):
    frame = {"image_size": 64, "patch_size": 8}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 2}
    config = hf.SamConfig(
        vision_config={
            **frame,
            **heads,
            "hidden_size": 48,
            "output_channels": 32,
            "mlp_dim": 96,
            "num_pos_feats": 16,
            "window_size": 4,
            "global_attn_indexes": [1],
        },
        prompt_encoder_config={**frame, "hidden_size": 32, "mask_input_channels": 4},
        mask_decoder_config={**heads, "hidden_size": 32, "mlp_dim": 64, "iou_head_hidden_dim": 32},
    )
    hf.SamModel(config).save_pretrained(folder)
    images = hf.SamImageProcessor(
        size={"longest_edge": 64},
        pad_size={"height": 64, "width": 64},
        mask_size={"longest_edge": 32},
        mask_pad_size={"height": 32, "width": 32},
    )
    hf.SamProcessor(images).save_pretrained(folder)


def save_sam2(folder):
    backbone = hf.Sam2HieraDetConfig(
        image_size=[64, 64],
        hidden_size=16,
        embed_dim_per_stage=[16, 32, 64, 128],
        blocks_per_stage=[1, 1, 2, 1],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[8, 4, 4, 2],
        global_attention_blocks=[3],
    )
    vision = hf.Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[128, 64, 32, 16],
        backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]],
        fpn_hidden_size=32,
    )
    prompts = {"hidden_size": 32, "image_size": 64, "patch_size": 16, "mask_input_channels": 4}
    masks = {"hidden_size": 32, "mlp_dim": 64, "num_attention_heads": 2, "iou_head_hidden_dim": 32}
    config = hf.Sam2Config(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=masks)
    hf.Sam2Model(config).save_pretrained(folder)
    images = hf.Sam2ImageProcessor(size={"height": 64, "width": 64}, mask_size={"height": 16, "width": 16})
    hf.Sam2Processor(images, target_size=64).save_pretrained(folder)


def save_sam3(folder):
    heads = {"hidden_size": 32, "num_attention_heads": 2}
    layers = {**heads, "num_layers": 1, "intermediate_size": 64}
    backbone = {
        **heads,
        "model_type": "sam3_vit_model",
        "num_hidden_layers": 2,
        "intermediate_size": 64,
        "image_size": 112,
        "patch_size": 14,
        "window_size": 4,
        "global_attn_indexes": [1],
        "pretrain_image_size": 56,
    }
    text = {
        **heads,
        "model_type": "clip_text_model",
        "num_hidden_layers": 1,
        "intermediate_size": 64,
        "vocab_size": 520,
        "projection_dim": 32,
        "max_position_embeddings": 32,
        "bos_token_id": 512,
        "eos_token_id": 513,
    }
    sizes = [[32, 32], [16, 16], [8, 8]]
    config = hf.Sam3Config(
        vision_config={"backbone_config": backbone, "fpn_hidden_size": 32, "backbone_feature_sizes": sizes},
        text_config=text,
        geometry_encoder_config=layers,
        detr_encoder_config=layers,
        detr_decoder_config={**layers, "num_queries": 5},
        mask_decoder_config=heads,
    )
    hf.Sam3Model(config).save_pretrained(folder)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = hf.CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[])
    images = hf.Sam3ImageProcessor(size={"height": 112, "width": 112})
    hf.Sam3Processor(images, tokenizer, target_size=112).save_pretrained(folder)


def save_smp(folder):
    model = smp.Unet("resnet18", encoder_weights=None, classes=5, decoder_channels=(64, 32, 16, 8, 8))
    model.save_pretrained(str(folder))


def save_all(root):
    """Save one folder per model below ``root``."""
    torch.manual_seed(0)
    for name, save in SAVERS.items():
        save(root / name)
    return root


SAVERS = {
    "segformer": save_segformer,
    "mask2former": save_mask2former,
    "sam": save_sam,
    "sam2": save_sam2,
    "sam3": save_sam3,
    "smp": save_smp,
}
