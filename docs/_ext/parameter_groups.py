"""Group the parameters of estimators that have many, on their pages of the API.

The docstrings stay as numpydoc writes them; only their order on the page changes.
"""

import re

# Classes with fewer parameters are short enough to read without groups.
MANY = 12
GROUPS = {
    "Targets and counts": "sampling_strategy target_type n_raters expansion class_weight"
    " output_range",
    "Prior": "mi_weight noise bandwidth marginals",
    "Modalities and condition": "modalities pairing condition_sampling condition_head"
    " require_condition same_class temperature output",
    "Model": "model revision local_files_only trust_remote_code layer pretrained"
    " freeze_encoder backbone hidden_size n_layers n_heads pooling",
    "Input": "window sampling_rate chunk_length chunk_overlap max_duration truncation clip"
    " mask_ratio span_length replacement on_error trusted decode_timeout",
    "Networks": "generator_hidden_layer_sizes critic_hidden_layer_sizes"
    " hidden_layer_sizes latent_dim n_continuous_codes n_components rejection_rate"
    " residual_penalty head_penalty dropout encoder_dropout",
    "Training": "loss classification_weight contrastive_weight max_iter batch_size"
    " batch_seconds learning_rate encoder_learning_rate generator_learning_rate"
    " critic_learning_rate weight_decay validation_fraction n_iter_no_change tol",
    "Device, seed and files": "device precision dtype data_parallel n_jobs cache_dir"
    " checkpoint random_state verbose",
}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names.split()}
_NAMES = re.compile(r"^    \*\*(.+?)\*\* : ")


def group_parameters(app, what, name, obj, options, lines):
    """Sort what numpydoc wrote below ``:Parameters:`` into `GROUPS`, with headings."""
    if what != "class" or ":Parameters:" not in lines:
        return
    begin = lines.index(":Parameters:") + 1
    ends = (n for n in range(begin, len(lines)) if lines[n] and lines[n][0] != " ")
    end = next(ends, len(lines))
    if sum(bool(_NAMES.match(line)) for line in lines[begin:end]) < MANY:
        return
    groups: dict[str, list[str]] = {group: [] for group in GROUPS}
    for line in lines[begin:end]:
        if names := _NAMES.match(line):
            current = groups[GROUP_OF[names[1].split(",")[0]]]
        elif not line.strip() and not any(groups.values()):
            continue
        current.append(line)
    lines[begin:end] = [""] + [
        line
        for group, written in groups.items()
        if written
        for line in (f"    .. rubric:: {group}", "       :class: parameter-group", "")
        + (*written, "")
    ]
