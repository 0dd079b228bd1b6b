"""The mean of two pipelines of one shape and one line of training, weight by weight.

  python average.py --first PIPELINE --second PIPELINE --out PIPELINE [--share 0.5]
"""
import argparse
import glob
import os
import shutil

from safetensors.torch import load_file, save_file

if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--first', required=True)
    p.add_argument('--second', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--share', type=float, default=0.5, help='of the second')
    a = p.parse_args()
    shutil.copytree(a.first, a.out)
    for file in glob.glob(os.path.join(a.out, '*', '*.safetensors')):
        x, y = load_file(file), load_file(os.path.join(a.second, os.path.relpath(file, a.out)))
        mean = {k: x[k].float().lerp(y[k].float(), a.share).to(x[k].dtype) if x[k].is_floating_point() else x[k] for k in x}
        save_file(mean, file, metadata={'format': 'pt'})
