"""The vocabulary of the model that draws from words, its captions, and its tokenizer.

  PYTHONPATH=.. python words.py --icons ICONS --out INIT            # INIT/tokenizer

A picture's captions name what it shows, in three of four cases with the hand that drew it: "a banana, noto".  Prompts have 16 tokens in
all, start and end among them: the text encoder is a good part of a step, and names are short.
"""
import argparse
import json
import os
import re

import captions

TOKENS = 16
# The hands that the model learns from, by icons.HANDS; all of them allow use in models and say who drew them.
HANDS = ('noto', 'twemoji', '3d', 'flat', 'emojione')

# In the order in which a small model takes them; where it is another, behind = what the sets call it.
WORDS = '''heart=red heart, banana, red apple, sunflower, cactus, christmas tree, hamburger, cat=cat face, penguin, tropical fish,
ladybug=lady beetle, star, rainbow, umbrella=umbrella with rain drops, rocket, car=automobile, basketball, pumpkin=jack o lantern,
smiling face=smiling face with smiling eyes, house,
strawberry, watermelon, dog=dog face, pig=pig face, fire, moon=crescent moon, rose, palm tree, castle, bus, pizza, doughnut, grapes,
lemon, tomato, pineapple, green apple, tiger=tiger face, monkey=monkey face, octopus, butterfly, crab, ghost, skull, crying face, sun,
cloud, snowflake, globe=globe showing europe africa, tulip, sailboat, helicopter, taxi, bicycle, soccer ball, guitar, crown, gem=gem stone,
gift=wrapped gift, bell, key, camera, balloon, books,
cherries, orange=tangerine, peach, pear, carrot, corn=ear of corn, eggplant, mushroom, french fries, hot dog, cookie, lollipop,
ice cream=soft ice cream, birthday cake, beer=beer mug, wine=wine glass, coffee=hot beverage, rabbit=rabbit face, mouse=mouse face,
cow=cow face, fox, koala, chick=front facing baby chick, owl, duck, turtle, snail, bee=honeybee, whale=spouting whale, dolphin, elephant,
snake,
alien, clown=clown face, santa=santa claus, snowman=snowman without snow, grinning face, face with sunglasses=smiling face with sunglasses,
face with hearts=smiling face with heart eyes, angry face, droplet, lightning=high voltage, volcano, four leaf clover, maple leaf,
tree=deciduous tree, pine tree=evergreen tree, tent, church, ambulance, fire engine, train, airplane, tractor, police car, racing car,
baseball, american football, tennis, trumpet, violin, drum, hammer, bomb, ring, dress, t shirt, jeans, high heel=high heeled shoe, glasses,
top hat, pencil, telephone, television, alarm clock, candle, anchor, trophy, envelope, scissors, lipstick, broken heart, blue heart,
green heart, yellow heart, spade=spade suit, club=club suit, diamond=diamond suit, stop sign, no entry, thumbs up, eyes, paw prints,
sushi, taco, egg, cheese=cheese wedge, bread, avocado, popcorn'''
NAMED = dict((re.sub(r'\s*=.*', '', w.strip()), re.sub(r'.*=\s*', '', w.strip())) for w in WORDS.replace('\n', ' ').split(','))


def captions_of(word, hand):
    """Captions of a picture and how often each stands by it."""
    one = f'{"an" if word[0] in "aeiou" else "a"} {word}'
    return [f'{word}, {hand}', f'{one}, {hand}', word, one], (0.5, 0.25, 0.1, 0.15)


def chosen(rows, count=None):
    """(index, word, hand) of the pictures of icons.json that the first `count` words take."""
    words = {name: word for word, name in list(NAMED.items())[:count]}
    return [(i, words[r['name']], r['hand']) for i, r in enumerate(rows) if r['name'] in words and r['hand'] in HANDS]


def ids(tokenizer, texts):
    """[n, TOKENS] int64."""
    return tokenizer(list(texts), padding='max_length', max_length=TOKENS, truncation=True, return_tensors='pt').input_ids


if __name__ == '__main__':
    p = argparse.ArgumentParser()
    p.add_argument('--icons', required=True)
    p.add_argument('--out', required=True)
    p.add_argument('--merges', type=int, default=4000, help='enough for every word to be one token')
    a = p.parse_args()
    rows = json.load(open(os.path.join(a.icons, 'icons.json')))['icons']
    missing = set(NAMED.values()) - {r['name'] for r in rows}
    assert not missing, missing
    names = sorted({r['name'] for r in rows if r['hand'] in HANDS and not r['name'].startswith('flag')})
    texts = names + [c for word in NAMED for hand in HANDS for c in captions_of(word, hand)[0]]
    print(len(NAMED), 'words,', len(chosen(rows)), 'pictures, vocabulary',
          captions.write_tokenizer(os.path.join(a.out, 'tokenizer'), texts, a.merges, TOKENS))
